{{ stage('credential') }}
