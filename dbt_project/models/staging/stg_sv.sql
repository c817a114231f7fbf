{{ stage('sv') }}
