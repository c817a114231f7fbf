{{ stage('kit') }}
