{{ stage('safety') }}
